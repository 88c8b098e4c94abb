// What a page tells about itself and its network, as far as the runtime knows: windows, workers, and none at all.

/**
 * What happens to a page: its network comes and goes; somebody looks at it (again); it is put away, perhaps for good, and
 * taken out again (the "back/forward cache").
 */
export type PageEvent = "online" | "offline" | "visible" | "suspended" | "resumed";

/** A page, or something like it. */
export interface Page {
  /** Whether there may be a network. `false` is meant: there is none. */
  readonly isOnline: boolean;
  /** Calls `listener` with what happens from now on. Returns how to end that. */
  watch(listener: (event: PageEvent) => void): () => void;
}

/** What of a page is used. Runtimes have all of it, some of it, or nothing, and differ in what their types say. */
interface Globals extends Partial<EventTarget> {
  readonly navigator?: { readonly onLine?: boolean };
  readonly document?: EventTarget & { readonly visibilityState: string };
}

const globals = globalThis as unknown as Globals;

/** The page that this code runs in. Where the runtime has no such thing, nothing ever happens. */
export const browserPage: Page = {
  get isOnline() {
    return globals.navigator?.onLine !== false;
  },

  watch(listener) {
    const { document } = globals;
    const stops: (() => void)[] = [];
    const on = (target: Partial<EventTarget> | undefined, type: string, handle: () => void): void => {
      target?.addEventListener?.(type, handle);
      stops.push(() => target?.removeEventListener?.(type, handle));
    };
    on(globals, "online", () => listener("online"));
    on(globals, "offline", () => listener("offline"));
    // A page with an open connection is not kept, so it is closed whether or not the page will come back.
    on(globals, "pagehide", () => listener("suspended"));
    on(globals, "pageshow", () => listener("resumed"));
    on(document, "visibilitychange", () => {
      if (document?.visibilityState === "visible") listener("visible");
    });
    on(document, "resume", () => listener("visible")); // it was frozen
    return () => {
      for (const stop of stops) stop();
    };
  },
};
