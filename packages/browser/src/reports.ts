// What the application is told: never in the middle of something, and whatever it throws stays here.

/** Things to tell, in their order. */
export class Reports {
  readonly #onError: (error: unknown) => void;
  readonly #waiting: (() => void)[] = [];

  /** `onError` is told what code of the application threw. */
  constructor(onError: ((error: unknown) => void) | undefined) {
    this.#onError = onError ?? reportGlobally;
  }

  /** Something of ours to be done between what the application is told. */
  add(task: () => void): void {
    this.#waiting.push(task);
  }

  /** Calls `callback` of the application later. */
  tell(callback: () => unknown): void {
    this.add(() => {
      const result = this.guard(callback);
      if (result instanceof Promise) result.catch((error: unknown) => this.#failed(error));
    });
  }

  /** Does the next thing, and says whether there was one. The application may do anything meanwhile. */
  doNext(): boolean {
    const task = this.#waiting.shift();
    task?.();
    return task !== undefined;
  }

  /** Calls code of the application now; `undefined` if it throws. */
  guard<Result>(callback: () => Result): Result | undefined {
    try {
      return callback();
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #failed(error: unknown): void {
    try {
      this.#onError(error);
    } catch (another) {
      reportGlobally(another);
    }
  }
}

/** Where errors go that nobody takes: to the page's `error` event, or to the console. */
function reportGlobally(error: unknown): void {
  if (typeof globalThis.reportError === "function") globalThis.reportError(error);
  else console.error(error);
}
