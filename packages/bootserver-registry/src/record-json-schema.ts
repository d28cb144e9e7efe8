import * as z from 'zod';
import { recordKinds } from './record-kinds.ts';

/**
 * The JSON Schema (draft 2020-12) of all that neco keeps in etcd: one definition for each kind of record, whose `x-key` is
 * the pattern of its key under the prefix. Of a kind whose `x-form` is `text`, the value is the bare string. The package contains it as `dist/records.schema.json`. It accepts unknown
 * fields, because a newer neco may add some.
 */
export function recordJsonSchema(): Record<string, unknown> {
  const definitions = Object.entries(recordKinds).map(([name, { schema, form, description, pattern }]) => {
    const { $schema: _, ...definition } = z.toJSONSchema(schema, { io: 'input' });
    return [name, { title: name, description, 'x-key': pattern.text, 'x-form': form, ...definition }];
  });
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'neco registry',
    $defs: Object.fromEntries(definitions) as unknown,
  };
}
