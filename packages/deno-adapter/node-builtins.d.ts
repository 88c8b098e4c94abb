// What is used of Node's modules in Deno. Their own types would bring Node's timers and streams along.

declare module "node:process" {
  const process: { nextTick(task: () => void): void };
  export default process;
}

declare module "node:buffer" {
  export const Buffer: { readonly prototype: object; byteLength(text: string): number };
  export function isAscii(bytes: Uint8Array): boolean;
  export function isUtf8(bytes: Uint8Array): boolean;
}

declare module "node:timers" {
  export function setImmediate(task: () => void): object;
  export function clearImmediate(immediate: object | undefined): void;
}

declare module "node:zlib" {
  export const constants: { readonly Z_SYNC_FLUSH: number };
  export function deflateRawSync(
    bytes: Uint8Array,
    options: { readonly windowBits: number; readonly memLevel: number; readonly finishFlush: number },
  ): Uint8Array;
}
