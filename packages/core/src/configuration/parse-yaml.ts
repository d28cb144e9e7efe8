import { loadAll, YAMLException } from 'js-yaml';
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
  let documents: unknown[];
  try {
    documents = loadAll(text);
  } catch (error) {
    throw invalid(source, error);
  }
  if (documents.length > 1) throw invalid(source, 'it contains more than one document');
  return documents[0];
}

/** With the line, as editors count it, where the fault has one. */
function invalid(source: string, fault: unknown): NecoError {
  const mark = fault instanceof YAMLException ? fault.mark : undefined;
  const reason = fault instanceof YAMLException ? fault.reason : messageOf(fault);
  const at = mark === undefined ? undefined : `line ${String(mark.line + 1)}`;
  return new NecoError(
    'CONFIG_INVALID',
    `${source} is not valid YAML: ${at === undefined ? '' : `${at}: `}${reason}`,
    { hint: `correct ${at === undefined ? '' : `${at} of `}${source}` },
  );
}
