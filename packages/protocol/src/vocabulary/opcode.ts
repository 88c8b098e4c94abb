/** What a frame is (RFC 6455 §5.2, §11.8). Opcodes 3 to 7 and 11 to 15 are reserved. */
export const Opcode: {
  readonly Continuation: 0x0;
  readonly Text: 0x1;
  readonly Binary: 0x2;
  readonly Close: 0x8;
  readonly Ping: 0x9;
  readonly Pong: 0xa;
} = {
  Continuation: 0x0,
  Text: 0x1,
  Binary: 0x2,
  Close: 0x8,
  Ping: 0x9,
  Pong: 0xa,
};

/** §5.5: "Control frames are identified by opcodes where the most significant bit of the opcode is 1." */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0;
}

/** Whether §5.2 gives the opcode a meaning. */
export function isDefinedOpcode(opcode: number): boolean {
  return opcode <= 0x2 || (opcode >= 0x8 && opcode <= 0xa);
}
