/** The close codes with a name (RFC 6455 §7.4.1 and the IANA registry of §11.7). */
export const CloseCode: {
  readonly Normal: 1000;
  readonly GoingAway: 1001;
  readonly ProtocolError: 1002;
  readonly UnsupportedData: 1003;
  /** Never on the wire: the Close frame held no code (§7.1.5). */
  readonly NoStatusReceived: 1005;
  /** Never on the wire: no Close frame arrived (§7.1.5). */
  readonly Abnormal: 1006;
  readonly InvalidPayload: 1007;
  readonly PolicyViolation: 1008;
  readonly MessageTooBig: 1009;
  readonly MandatoryExtension: 1010;
  readonly InternalError: 1011;
  readonly ServiceRestart: 1012;
  readonly TryAgainLater: 1013;
  readonly BadGateway: 1014;
} = {
  Normal: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  UnsupportedData: 1003,
  NoStatusReceived: 1005,
  Abnormal: 1006,
  InvalidPayload: 1007,
  PolicyViolation: 1008,
  MessageTooBig: 1009,
  MandatoryExtension: 1010,
  InternalError: 1011,
  ServiceRestart: 1012,
  TryAgainLater: 1013,
  BadGateway: 1014,
};

/**
 * Whether a Close frame may carry `code` (§7.4). 1004, 1005, 1006 and 1015 are reserved and never sent; 1012 to 1014
 * are registered with IANA; 3000 to 4999 belong to libraries and applications (§7.4.2).
 */
export function isSendableCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) || (code >= 3000 && code <= 4999);
}
