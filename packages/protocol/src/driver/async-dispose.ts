// `await using` needs a well-known symbol that is younger than the ES version this package compiles against; runtimes
// without it get a private one, which is never looked up.
export const asyncDispose: unique symbol = ((Symbol as { asyncDispose?: symbol }).asyncDispose ??
  Symbol("asyncDispose")) as never;
