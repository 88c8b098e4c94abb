import process from "node:process";
import { type Clock, HostClock } from "@sansock/protocol/driver";

let timer: number | undefined;

function clear(): void {
  clearTimeout(timer);
  timer = undefined;
}

/** The monotonic clock of the process, with one timer for all alarms. It keeps no process alive: open sockets do. */
export const denoClock: Clock = new HostClock({
  now: () => performance.now(),
  set(delay, wake) {
    clear();
    timer = setTimeout(wake, delay);
    Deno.unrefTimer(timer);
  },
  clear,
  // Deno has no other way to come right after promise reactions: 0.1 µs, where setImmediate costs 0.7, a message of a
  // MessageChannel 1.5 and a timer 40 and two milliseconds. A tick that a promise reaction asks for comes after all of them.
  afterReactions: (task) => queueMicrotask(() => process.nextTick(task)),
});
