// What is measured. One row a scenario; everything else reads this table.

/**
 * @typedef {object} Scenario
 * @property {"echo" | "idle" | "broadcast" | "churn" | "client"} kind what the load generator does
 * @property {string} title
 * @property {string} unit what the figures are per
 * @property {number} connections
 * @property {number} bytes payload of one message
 * @property {number} inFlight messages that one connection has under way
 * @property {"binary" | "text" | "json"} content
 * @property {"off" | "takeover" | "no-takeover"} compression what the generator offers
 */

const echo = { kind: "echo", unit: "message", content: "binary", compression: "off" };
const client = { ...echo, kind: "client" };

/** @type {Readonly<Record<string, Scenario>>} */
export const scenarios = {
  a: { ...echo, title: "64 connections, 20 B, 1 in flight", connections: 64, bytes: 20, inFlight: 1 },
  b: { ...echo, title: "64 connections, 64 B, 16 in flight", connections: 64, bytes: 64, inFlight: 16 },
  c: { ...echo, title: "16 connections, 1 KiB, 8 in flight", connections: 16, bytes: 1024, inFlight: 8 },
  d: { ...echo, title: "16 connections, 16 KiB, 4 in flight", connections: 16, bytes: 16 * 1024, inFlight: 4 },
  e: { ...echo, title: "4 connections, 1 MiB, 1 in flight", connections: 4, bytes: 1024 * 1024, inFlight: 1 },
  f: {
    ...echo,
    title: "200 connections, 512 B of text that is not all ASCII, 4 in flight",
    connections: 200,
    bytes: 512,
    inFlight: 4,
    content: "text",
  },
  g: {
    ...echo,
    kind: "idle",
    unit: "connection",
    title: "memory of 10,000 idle connections",
    connections: 10_000,
    bytes: 20,
    inFlight: 1,
  },
  h: {
    ...echo,
    kind: "broadcast",
    unit: "delivery",
    title: "broadcast of 64 B, 1 to 1,000, four at a time",
    connections: 1000,
    bytes: 64,
    inFlight: 4,
  },
  h1: {
    ...echo,
    kind: "broadcast",
    unit: "delivery",
    title: "broadcast of 64 B, 1 to 1,000, one at a time",
    connections: 1000,
    bytes: 64,
    inFlight: 1,
  },
  i: {
    ...echo,
    kind: "churn",
    unit: "connection",
    title: "connections opened and closed, 32 at a time",
    connections: 32,
    bytes: 0,
    inFlight: 1,
  },
  j: {
    ...echo,
    title: "64 connections, 1 KiB of JSON, 4 in flight, permessage-deflate as browsers offer it",
    connections: 64,
    bytes: 1024,
    inFlight: 4,
    content: "json",
    compression: "takeover",
  },
  k: {
    ...echo,
    title: "64 connections, 1 KiB of JSON, 4 in flight, permessage-deflate without context takeover",
    connections: 64,
    bytes: 1024,
    inFlight: 4,
    content: "json",
    compression: "no-takeover",
  },
  l: { ...echo, title: "16 connections, 125 B, 256 in flight", connections: 16, bytes: 125, inFlight: 256 },
  m: { ...echo, title: "16 connections, 1 KiB, 48 in flight", connections: 16, bytes: 1024, inFlight: 48 },
  ca: { ...client, title: "client: 64 connections, 20 B, 1 in flight", connections: 64, bytes: 20, inFlight: 1 },
  cb: { ...client, title: "client: 64 connections, 64 B, 16 in flight", connections: 64, bytes: 64, inFlight: 16 },
  cc: { ...client, title: "client: 16 connections, 1 KiB, 8 in flight", connections: 16, bytes: 1024, inFlight: 8 },
  cd: {
    ...client,
    title: "client: 16 connections, 16 KiB, 4 in flight",
    connections: 16,
    bytes: 16 * 1024,
    inFlight: 4,
  },
};

/** What a plain run measures: the servers, and the clients' small and large messages. */
export const defaultScenarios = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "cb", "cd"];
