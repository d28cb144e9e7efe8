import * as z from 'zod';
import { statusSchema } from './status-schema.ts';

/**
 * The JSON Schema (draft 2020-12) of what `neco status --json` prints, which the neco deb has among its documentation as
 * `status.schema.json`. It lets fields pass that it does not know, because fields are added.
 */
export function statusJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(statusSchema, {
    io: 'input',
    override: ({ jsonSchema }) => {
      // The format says the same, and nobody needs to be told which integers a double can hold.
      delete jsonSchema.pattern;
      delete jsonSchema.minimum;
      delete jsonSchema.maximum;
    },
  });
  return { ...schema, title: 'neco status' };
}
