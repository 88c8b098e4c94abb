import process from "node:process";
import { clearImmediate, setImmediate } from "node:timers";
import { type Clock, HostClock } from "@sansock/protocol/driver";

let timer: ReturnType<typeof setTimeout> | undefined;
let immediate: ReturnType<typeof setImmediate> | undefined;

function clear(): void {
  clearTimeout(timer);
  clearImmediate(immediate);
  timer = immediate = undefined;
}

/** The monotonic clock of the process, with one timer for all alarms. It keeps no process alive: open sockets do. */
export const denoClock: Clock = new HostClock({
  now: () => performance.now(),
  set(delay, wake) {
    clear();
    if (delay === 0) {
      immediate = setImmediate(wake); // a timer would wait for two milliseconds
      return;
    }
    timer = setTimeout(wake, delay);
    // Timers are numbers or objects, by the version of Deno; this function takes both, and no number made of an object.
    Deno.unrefTimer(timer as unknown as number);
  },
  clear,
  // A tick that a promise reaction asks for comes after all of them. It costs 0.1 µs; setImmediate would cost 0.7 µs, a
  // message of a MessageChannel 1.5 µs, a timer 40 µs and two milliseconds.
  afterReactions: (task) => queueMicrotask(() => process.nextTick(task)),
});
