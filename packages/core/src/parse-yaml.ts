import { loadAll } from 'js-yaml';
import type { z } from 'zod';
import { explainIssue } from './explain-issue.ts';
import { messageOf, NecoError } from './neco-error.ts';

/**
 * Reads YAML text against a schema. Every fault is named with its field; an unknown field with the nearest known one.
 *
 * @param source - What the text is, for messages: a path.
 * @throws NecoError CONFIG_INVALID with one detail for each fault.
 */
export function parseYaml<T extends z.ZodObject>(schema: T, text: string, source: string): z.infer<T> {
  const result = schema.safeParse(valueOf(text, source) ?? {}, { reportInput: true });
  if (result.success) return result.data;
  const details = result.error.issues.flatMap((issue) => explainIssue(issue, schema));
  throw new NecoError('CONFIG_INVALID', `${source}: ${details.map((detail) => detail.message).join('; ')}`, {
    details,
    hint: details.find((detail) => detail.hint !== undefined)?.hint ?? `correct ${source}`,
  });
}

/** The one document of a text; undefined of an empty one. js-yaml is a third of the start-up time of yaml, which writes. */
function valueOf(text: string, source: string): unknown {
  const fault = (message: string): NecoError =>
    new NecoError('CONFIG_INVALID', `${source} is not YAML: ${message}`, { hint: `correct ${source}` });
  let documents: unknown[];
  try {
    documents = loadAll(text);
  } catch (error) {
    throw fault(messageOf(error).split('\n')[0] ?? '');
  }
  if (documents.length > 1) throw fault('it holds more than one document');
  return documents[0];
}
