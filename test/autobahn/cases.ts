/*
 * The 517 cases of the Autobahn testsuite as data, in its order. Case 9.9.1, which the suite leaves out, is left out.
 */
import type { AutobahnCase } from "./case.ts";
import { CLOSING_CASES } from "./closing-cases.ts";
import { COMPRESSION_CASES } from "./compression-cases.ts";
import { FRAMING_CASES } from "./framing-cases.ts";
import { LIMIT_CASES } from "./limit-cases.ts";
import { TEXT_CASES } from "./text-cases.ts";

/** Families 1 to 10. */
export const CORE_CASES: readonly AutobahnCase[] = [...FRAMING_CASES, ...TEXT_CASES, ...CLOSING_CASES, ...LIMIT_CASES];

/** All families. */
export const AUTOBAHN_CASES: readonly AutobahnCase[] = [...CORE_CASES, ...COMPRESSION_CASES];
