/** An address as it stands in URLs: IPv6 addresses are bracketed (RFC 3986 §3.2.2). */
export function urlHost(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
