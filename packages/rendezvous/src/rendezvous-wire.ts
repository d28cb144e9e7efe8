import { NecoError, errorCodes, type ErrorCode } from '@neco/core';
import * as z from 'zod';

/** What both ends of a rendezvous agree on. Times in milliseconds, sizes in bytes. */
export const rendezvousWire = {
  /** TLS 1.3 with the one cipher suite that pre-shared keys of Node's TLS can use (SHA-256). */
  tls: { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' },
  protocol: 'h2',
  /** Largest body of a request or an answer. */
  largestBody: 1024 * 1024,
  /** From the first packet to the end of the TLS handshake. */
  handshakeTimeout: 5000,
  /** From the start of a request to the end of its body. */
  bodyTimeout: 15_000,
  /** Pause between two pings, and the silence after which the other side is taken for dead. */
  pingInterval: 3000,
  silenceLimit: 11_000,
} as const;

const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().optional(),
  retryable: z.boolean().default(false),
  details: z.array(z.object({ message: z.string(), hint: z.string().optional() })).default([]),
});

/** An answer on the wire: a value, or the error that the handler threw. */
export const rendezvousAnswerSchema = z.union([
  z.object({ error: errorSchema }),
  z.object({ value: z.unknown().optional() }),
]);

/** A NecoError in the form in which it travels; its cause stays at home. */
export function encodeRendezvousError(error: NecoError): z.input<typeof errorSchema> {
  const { code, message, hint, retryable, details } = error;
  return { code, message, retryable, details: [...details], ...(hint === undefined ? {} : { hint }) };
}

/** The NecoError that travelled; a code that this version does not know becomes INTERNAL. */
export function decodeRendezvousError(wire: z.output<typeof errorSchema>): NecoError {
  const code = Object.keys(errorCodes).find((known): known is ErrorCode => known === wire.code) ?? 'INTERNAL';
  const details = wire.details.map(({ message, hint }) =>
    hint === undefined ? { message } : { message, hint },
  );
  const { hint, retryable } = wire;
  return new NecoError(code, wire.message, { retryable, details, ...(hint === undefined ? {} : { hint }) });
}
