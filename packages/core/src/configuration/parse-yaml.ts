import { loadAll } from 'js-yaml';
import type { z } from 'zod';
import { explainIssue } from '../errors/explain-issue.ts';
import { messageOf, NecoError } from '../errors/neco-error.ts';

/**
 * Parses YAML text with a schema. Each fault names its field; for an unknown field, the hint suggests a known one.
 *
 * @param source - The path of the text, for messages.
 * @throws NecoError CONFIG_INVALID with one detail per fault.
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

/** The single document of a text; undefined if it is empty. js-yaml loads in a third of the time of yaml. */
function valueOf(text: string, source: string): unknown {
  const fault = (message: string): NecoError =>
    new NecoError('CONFIG_INVALID', `${source} is not valid YAML: ${message}`, { hint: `correct ${source}` });
  let documents: unknown[];
  try {
    documents = loadAll(text);
  } catch (error) {
    throw fault(messageOf(error).split('\n')[0] ?? '');
  }
  if (documents.length > 1) throw fault('it contains more than one document');
  return documents[0];
}
