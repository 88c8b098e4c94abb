// What applications do with sessions: a dozen ways, good and bad manners included.

import type { Session, SessionCallbacks } from "@sansock/protocol/driver";
import type { Actor } from "./actor.ts";
import type { ApplicationName } from "./plan.ts";

export interface Application {
  /** For applications with callbacks. */
  readonly callbacks?: SessionCallbacks;
  /** For applications that iterate: runs until the session has ended. */
  readonly start?: () => void;
  /** Whether it takes everything that is sent to it, for as long as the connection is open. */
  readonly takesAll: boolean;
  /** Whether it keeps up, so that nothing but faults keeps a connection from living. */
  readonly keepsUp: boolean;
}

/** Thrown by applications on purpose. */
export class Misbehaviour extends Error {}

export function makeApplication(name: ApplicationName, actor: Actor): Application {
  return { takesAll: true, keepsUp: true, ...APPLICATIONS[name](actor) };
}

const APPLICATIONS: Readonly<Record<ApplicationName, (actor: Actor) => Partial<Application>>> = {
  echo: (actor) => ({
    start: () =>
      actor.run("echo", () =>
        actor.receive(async (message) => {
          await actor.send(message.kind === "text" ? message.text : message.bytes).catch(() => {}); // and reads on
        }),
      ),
  }),

  "echo with callbacks": (actor) => ({
    callbacks: {
      message: (_session, message) => {
        actor.arrived(message);
        return actor.send(message.kind === "text" ? message.text : message.bytes, true);
      },
      // Payloads are the application's, to change as it likes.
      ping: (_session, payload) => void payload.fill(0),
      pong: (_session, payload) => void payload.fill(0),
    },
  }),

  talker: (actor) => ({
    start: () => {
      actor.run("receive", () => actor.receive());
      actor.run("talk", async () => {
        while (actor.isOpen) {
          for (let count = actor.random.integer(1, 5); count > 0; count--) {
            const sent = actor.send();
            if (actor.random.chance(0.5)) await sent;
          }
          if (actor.random.chance(0.3)) void actor.ping();
          await actor.sleep(actor.random.pick([0, 5, 200, 3000]));
        }
      });
    },
  }),

  streamer: (actor) => ({
    start: () => {
      actor.run("receive", () => actor.receive());
      actor.run("stream", async () => {
        for (let count = 0; count < 3 && actor.isOpen; count++) {
          await actor.send(actor.drawContent(actor.drawLength() * 3));
          await actor.ping();
        }
      });
    },
  }),

  reader: (actor) => ({ start: () => actor.run("receive", () => actor.receive()) }),

  "slow reader": (actor) => ({
    keepsUp: false,
    start: () => actor.run("receive", () => actor.receive(() => actor.sleep(actor.random.pick([0, 1, 50, 2000])))),
  }),

  "piecewise reader": (actor) => ({
    start: () =>
      actor.run("receive", async () => {
        for await (const message of actor.session.streams()) {
          const arrived = (content: string | Uint8Array, fin: boolean): void =>
            actor.arrived(
              message.kind === "text"
                ? { kind: "fragment", message: "text", text: content as string, fin }
                : { kind: "fragment", message: message.kind, bytes: content as Uint8Array, fin },
            );
          for await (const content of message) {
            arrived(content, false);
            if (actor.random.chance(0.1)) await actor.sleep(actor.random.integer(0, 20));
          }
          arrived(message.kind === "text" ? "" : new Uint8Array(0), true);
        }
      }),
  }),

  asker: (actor) => ({
    takesAll: false, // it leaves when it cannot ask any more
    start: () =>
      actor.run("ask", async () => {
        const answers = actor.session[Symbol.asyncIterator]();
        try {
          while (actor.isOpen) {
            await actor.send();
            const answer = answers.next();
            await Promise.race([answer, actor.sleep(1000)]);
            answer.then(
              ({ value }) => value !== undefined && actor.arrived(value),
              () => {}, // the end of the connection, which the next send tells too
            );
          }
        } finally {
          await answers.return?.();
        }
      }),
  }),

  lurker: (actor) => ({
    takesAll: false,
    keepsUp: false,
    start: () => {
      if (actor.random.chance(0.5)) void actor.session.closed;
    },
  }),

  leaver: (actor) => ({
    takesAll: false,
    keepsUp: false,
    start: () =>
      actor.run("leave", async () => {
        for (let turn = 0; turn < 5; turn++) {
          let count = actor.random.integer(1, 4);
          for await (const message of actor.messages()) {
            actor.arrived(message);
            if (--count === 0) break;
          }
          if (count > 0) return; // it has ended
          await actor.sleep(actor.random.pick([0, 10, 1000]));
        }
        actor.incoming.giveUp();
        await actor.session.closed;
      }),
  }),

  pauser: (actor) => ({
    keepsUp: false,
    callbacks: {
      message: (session, message) => {
        actor.arrived(message);
        if (!actor.random.chance(0.3)) return;
        session.pause();
        void actor.sleep(actor.random.pick([0, 10, 1000])).then(() => session.resume());
      },
    },
  }),

  "re-entrant": (actor) => {
    const anything = (session: Session): void => {
      switch (actor.random.integer(0, 11)) {
        case 0:
        case 1:
          if (session.state === "open") void actor.send();
          break;
        case 2:
          void actor.ping();
          break;
        case 3:
          session.pong(actor.random.bytes(3));
          break;
        case 4:
          session.pause();
          session.resume();
          break;
        case 5:
          void session.closed;
          break;
        case 6:
          session.diagnose();
          break;
        case 7:
          if (actor.random.chance(0.1)) actor.close(actor.random.pick(["close", "goAway", "abort"]));
          break;
      }
    };
    return {
      callbacks: {
        open: (session) => {
          actor.session = session;
          anything(session);
        },
        message: (session, message) => {
          actor.arrived(message);
          anything(session);
        },
        ping: anything,
        pong: anything,
        drain: anything,
        close: anything,
      },
    };
  },

  thrower: (actor) => {
    const perhaps = (): unknown => {
      if (actor.failed || !actor.random.chance(0.1)) return undefined;
      actor.failed = true;
      actor.note("throws");
      if (actor.random.chance(0.5)) return Promise.reject(new Misbehaviour());
      throw new Misbehaviour();
    };
    return {
      keepsUp: false,
      callbacks: {
        open: perhaps,
        message: (_session, message) => {
          actor.arrived(message);
          return perhaps();
        },
        ping: perhaps,
        pong: perhaps,
        drain: perhaps,
      },
    };
  },
};
