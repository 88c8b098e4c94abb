import { nodeTextCodec } from "@sansock/node-adapter";
import { portableTextCodec } from "@sansock/protocol";
import { test } from "vitest";
import { checkTextCodec } from "./text-codec-contract.ts";

test("the text codec of Node reads and writes what the portable one does", () => checkTextCodec(nodeTextCodec));

test("the portable text codec reads what it writes", () => checkTextCodec(portableTextCodec));
