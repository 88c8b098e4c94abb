import type { DeflateCodec, DeflaterOptions } from "./deflate-codec.ts";
import { DeflateWorkspace } from "./deflate-workspace.ts";
import { PortableDeflater } from "./deflater.ts";
import { InflateWorkspace } from "./inflate-workspace.ts";
import { PortableInflater } from "./inflater.ts";

/** The portable codec, and what a runtime's own codec may build on. */
export interface PortableDeflate extends DeflateCodec {
  createDeflater(options: DeflaterOptions): PortableDeflater;
}

/**
 * DEFLATE in plain JavaScript, for every runtime and every window from 8 bits on. All its connections share about
 * 200 KiB of working memory, made when the first one needs it.
 */
export function portableDeflate(): PortableDeflate {
  let deflating: DeflateWorkspace | undefined;
  let inflating: InflateWorkspace | undefined;
  return {
    createDeflater: (options) => new PortableDeflater(options, (deflating ??= new DeflateWorkspace())),
    createInflater: (options) => new PortableInflater(options, (inflating ??= new InflateWorkspace())),
  };
}
