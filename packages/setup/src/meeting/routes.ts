import { NecoError } from '@neco/core';
import type { z } from 'zod';
import type {
  certificatesRequestSchema,
  failedRequestSchema,
  passedRequestSchema,
  requestSchema,
} from './protocol.ts';

/** Who asks, once admitted. */
export interface Asker {
  lrn: number;
  /** Fingerprint of the key that it has proved to own. */
  publicKey: string;
}

/** One request that the coordinator answers. */
export interface Route<S extends z.ZodType> {
  schema: S;
  /** The result, when there is one to give; undefined while the server has to wait. */
  look: (body: z.infer<S>, asker: Asker) => unknown;
  /** What is done once `look` gives a result, when that is not the result itself. */
  answer?: (body: z.infer<S>, asker: Asker) => Promise<unknown>;
}

/** The table of all requests: what each carries, and how it is answered. */
export interface Routes {
  '/decision': Route<typeof requestSchema>;
  '/passed': Route<typeof passedRequestSchema>;
  '/failed': Route<typeof failedRequestSchema>;
  '/certificates': Route<typeof certificatesRequestSchema>;
}

/** A request with its body parsed. */
export interface Resolved {
  look: () => unknown;
  answer: (looked: unknown) => Promise<unknown>;
}

/** Finds the route of a request and parses its body. @throws NecoError INTERNAL for an unknown path, ZodError */
export function resolveRoute(routes: Routes, path: string, body: unknown, asker: Asker): Resolved {
  if (!Object.hasOwn(routes, path)) throw new NecoError('INTERNAL', `boot servers do not ask for ${path}`);
  return resolve(routes[path as keyof Routes] as Route<z.ZodType>, body, asker);
}

function resolve<S extends z.ZodType>(route: Route<S>, body: unknown, asker: Asker): Resolved {
  const parsed = route.schema.parse(body);
  return {
    look: () => route.look(parsed, asker),
    answer: async (looked) => (route.answer === undefined ? looked : route.answer(parsed, asker)),
  };
}
