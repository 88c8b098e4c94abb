// The codec of `websocket-driver`: without its streams, as its drivers are made of both directions.

import { loadPeer } from "../../peers/resolve.mjs";

const websocket = loadPeer("websocket-driver");
const request = {
  method: "GET",
  url: "/",
  headers: {
    connection: "Upgrade",
    upgrade: "websocket",
    host: "localhost",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    "sec-websocket-version": "13",
  },
  connection: {},
};

function open(options) {
  const driver = websocket.http(request, { maxLength: 2 ** 30, ...options });
  driver.start();
  return driver;
}

/** @type {import("../codec-process.mjs").Codec} */
export const codec = {
  decoder(payload) {
    const driver = open({ requireMasking: true });
    driver.on("message", ({ data }) => payload(data, 0, data.length));
    return (chunk) => driver.parse(chunk);
  },
  encoder(masked, written) {
    const driver = open({ masking: masked });
    driver.io.on("data", written);
    return { send: (payload) => driver.binary(payload), flush() {} };
  },
};
