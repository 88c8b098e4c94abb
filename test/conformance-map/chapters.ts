import type { Chapter } from "./item.ts";
import { compression } from "./items/compression.ts";
import { control } from "./items/control.ts";
import { engine } from "./items/engine.ts";
import { framing } from "./items/framing.ts";
import { openingAsClient } from "./items/opening-client.ts";
import { openingAsServer } from "./items/opening-server.ts";
import { text } from "./items/text.ts";

/** Everything that is enforced, in the order of the page. */
export const chapters: readonly Chapter[] = [
  openingAsServer,
  openingAsClient,
  framing,
  text,
  control,
  compression,
  engine,
];

/** Rules for WebSockets over HTTP/2 (RFC 8441), which is a layer that does not exist yet; the engine is ready for them. */
export const laterItems: readonly { readonly id: string; readonly section: string; readonly rule: string }[] = [
  { id: "X01", section: "§3", rule: "SETTINGS_ENABLE_CONNECT_PROTOCOL is 0 or 1, and never goes back to 0." },
  { id: "X02", section: "§4", rule: "A request is CONNECT with :protocol, :scheme, :path and :authority." },
  {
    id: "X03",
    section: "§5",
    rule: "No Upgrade, Connection, key or accept value; a status of 2xx opens the connection.",
  },
  { id: "X04", section: "§5", rule: "END_STREAM is the end of the transport, RST_STREAM its loss." },
  { id: "X05", section: "§5", rule: "Clients mask as ever." },
];
