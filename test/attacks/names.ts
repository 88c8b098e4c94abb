// The published ways in, by the names of the tests that try them: `sec/…` in their titles. Each name is one attack, or one
// mistake that implementations have made, on record as a CVE, an advisory or a bug report. What there is no code for is
// not among them: nothing here follows redirections, reads cookies, or compares secrets.

export interface AttackClass {
  readonly title: string;
  readonly names: readonly string[];
}

export const attackClasses: readonly AttackClass[] = [
  {
    title: "lengths: overflow, precision, reserving what is announced, endless loops",
    names: [
      "len64-msb",
      "len64-upper",
      "len64-2^53",
      "len64-ffff",
      "no-prealloc",
      "defaults-are-safe",
      "frame-header-stall",
      "no-drafts",
    ],
  },
  {
    title: "decompression bombs, and limits on the wrong side of the decompressor",
    names: [
      "bomb-single",
      "limit-after-inflate",
      "bomb-fragmented",
      "bomb-ratio-interleaved",
      "bomb-context",
      "bomb-many",
      "no-input-mutation",
    ],
  },
  {
    title: "negotiation of extensions, and compression that was not negotiated",
    names: [
      "smwb-range",
      "proto-names",
      "rsv1-unnegotiated",
      "control-does-not-touch-compression",
      "pmd-mix",
      "bfinal-then-next",
      "pmd-truncated",
      "pmd-zero",
      "unsolicited-extension",
    ],
  },
  {
    title: "fragments: their number, empty ones, quadratic work, recursion",
    names: ["frag-1B", "frag-empty", "frag-linear", "one-chunk-many-frames", "limit-is-cumulative"],
  },
  {
    title: "heads: regular expressions, reading anew at each byte, number and size of headers",
    names: [
      "head-bytewise",
      "ext-redos",
      "protocol-redos",
      "2000-headers",
      "header-drip",
      "header-limit-counts-lines",
      "request-line",
    ],
  },
  {
    title: "hostile handshakes",
    names: ["host-bad", "hdr-obs-text", "reject-once", "reset-at-every-byte", "pipelined-first-frame", "origin-bad"],
  },
  {
    title: "errors of the peer that become exceptions of ours",
    names: ["no-throw", "no-listener", "pong-storm", "own-close-is-valid"],
  },
  {
    title: "memory: disclosure, aliasing, pinning",
    names: ["no-uninit", "no-pinning", "mask-required", "send-does-not-mutate"],
  },
  {
    title: "output without bounds, floods of control frames",
    names: ["ping-flood-unread", "ten-pings-ten-pongs", "slow-reader", "unread-inbound"],
  },
  {
    title: "closing, and what comes after",
    names: ["close-timeout", "exactly-one-close-frame", "nothing-after-close", "half-open", "reentrancy", "no-leak"],
  },
  { title: "masking", names: ["mask-required", "mask-forbidden", "mask-fresh", "mask-entropy-failure"] },
  {
    title: "who the server is",
    names: [
      "accept-missing",
      "accept-duplicated",
      "accept-wrong",
      "accept-lower-cased",
      "accept-for-another-key",
      "tls-hostname",
      "wss-never-downgrades",
    ],
  },
  {
    title: "smuggling around the upgrade",
    names: ["upgrade-with-body", "reject-closes", "426", "h1-desync-differential"],
  },
  { title: "injection into what we write", names: ["no-injection"] },
  { title: "redirections and credentials", names: ["redirect-not-followed"] },
  { title: "pages of other origins", names: ["origin-default"] },
  { title: "side channels and logs", names: ["log-escape"] },
  { title: "text and strings", names: ["utf8-exhaustive", "utf8-failfast", "max-string"] },
  {
    title: "slow and stuck peers",
    names: ["slowloris-head", "slowloris-frame", "tls-stall", "idle-open", "pending-cap"],
  },
];
