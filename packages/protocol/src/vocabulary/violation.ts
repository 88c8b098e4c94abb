/** One rule that a peer can break: what is answered, where it is written, and a sentence for people. */
export interface Rule {
  /** The code of the Close frame that answers it (RFC 6455 §7.4.1). */
  readonly closeCode: number;
  /** Where the rule is written. */
  readonly section: string;
  /** The reason in the Close frame, and the text of logs and errors. At most 123 bytes of ASCII. */
  readonly message: string;
}

/** Every way in which the bytes of an open connection can break the protocol, by name. */
export type Violation =
  | "reserved-bits"
  | "reserved-opcode"
  | "mask-missing"
  | "mask-forbidden"
  | "length-not-minimal"
  | "length-top-bit"
  | "control-fragmented"
  | "control-too-long"
  | "continuation-unexpected"
  | "continuation-expected"
  | "close-payload-truncated"
  | "close-code-invalid"
  | "close-reason-invalid-utf8"
  | "text-invalid-utf8"
  | "message-too-big"
  | "compressed-data-invalid";

/** The table that closes connections, explains them in logs, and lists what the tests must cover. */
export const violations: Readonly<Record<Violation, Rule>> = {
  "reserved-bits": {
    closeCode: 1002,
    section: "RFC 6455 §5.2",
    message: "reserved bits are set but no extension gives them a meaning",
  },
  "reserved-opcode": { closeCode: 1002, section: "RFC 6455 §5.2", message: "the opcode is reserved" },
  "mask-missing": { closeCode: 1002, section: "RFC 6455 §5.1", message: "a client must mask every frame" },
  "mask-forbidden": { closeCode: 1002, section: "RFC 6455 §5.1", message: "a server must not mask any frame" },
  "length-not-minimal": {
    closeCode: 1002,
    section: "RFC 6455 §5.2",
    message: "the payload length is not in its shortest form",
  },
  "length-top-bit": {
    closeCode: 1002,
    section: "RFC 6455 §5.2",
    message: "the most significant bit of the payload length is set",
  },
  "control-fragmented": { closeCode: 1002, section: "RFC 6455 §5.5", message: "a control frame is fragmented" },
  "control-too-long": {
    closeCode: 1002,
    section: "RFC 6455 §5.5",
    message: "the payload of a control frame exceeds 125 bytes",
  },
  "continuation-unexpected": {
    closeCode: 1002,
    section: "RFC 6455 §5.4",
    message: "a continuation frame without a message to continue",
  },
  "continuation-expected": {
    closeCode: 1002,
    section: "RFC 6455 §5.4",
    message: "a new message began before the last one ended",
  },
  "close-payload-truncated": {
    closeCode: 1002,
    section: "RFC 6455 §5.5.1",
    message: "a Close frame has a payload of one byte",
  },
  "close-code-invalid": {
    closeCode: 1002,
    section: "RFC 6455 §7.4",
    message: "the code in a Close frame may not be sent",
  },
  "close-reason-invalid-utf8": {
    closeCode: 1007,
    section: "RFC 6455 §5.5.1",
    message: "the reason in a Close frame is not valid UTF-8",
  },
  "text-invalid-utf8": { closeCode: 1007, section: "RFC 6455 §8.1", message: "a text message is not valid UTF-8" },
  "message-too-big": {
    closeCode: 1009,
    section: "RFC 6455 §10.4",
    message: "a message exceeds the configured limit",
  },
  "compressed-data-invalid": {
    closeCode: 1007,
    section: "RFC 7692 §7.2.2",
    message: "the compressed data of a message is invalid",
  },
};
