import { serve } from "@sansock/deno-adapter";
const server = await serve({ port: 9001, http: () => new Response("hello\n") }, { message(session, message) { void session.send(message.kind === "text" ? message.text : message.bytes); } });
console.log(server.port);
