/** A promise and how to settle it. Nobody need wait for it: a rejection that nobody sees is not an unhandled one. */
export class Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly #reject: (error: unknown) => void;

  constructor() {
    let resolve!: (value: T) => void;
    let reject!: (error: unknown) => void;
    this.promise = new Promise<T>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    this.resolve = resolve;
    this.#reject = reject;
  }

  reject(error: unknown): void {
    this.promise.catch(() => {}); // not before it is needed: most promises are never rejected
    this.#reject(error);
  }
}

export function defer<T>(): Deferred<T> {
  return new Deferred();
}
