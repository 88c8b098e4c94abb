import { type Clock, HostClock } from "@sansock/protocol/driver";

let timer: NodeJS.Timeout | undefined;
let immediate: NodeJS.Immediate | undefined;

const reaction = Promise.resolve();

function clear(): void {
  clearTimeout(timer);
  clearImmediate(immediate);
  timer = immediate = undefined;
}

/** The monotonic clock of the process, with one timer for all alarms. It keeps no process alive: open sockets do. */
export const nodeClock: Clock = new HostClock({
  now: () => performance.now(),
  set(delay, wake) {
    clear();
    if (delay === 0) {
      immediate = setImmediate(wake); // a timer would wait for a millisecond
      return;
    }
    timer = setTimeout(wake, delay).unref();
  },
  clear,
  // Ticks come before promise reactions; a tick that a promise reaction asks for comes after all of them. (Node's
  // queueMicrotask makes a resource for async_hooks each time.)
  afterReactions: (task) => void reaction.then(() => process.nextTick(task)),
});
