import { parseDocument } from 'yaml';
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

function valueOf(text: string, source: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const fault = (message: string) =>
    new NecoError('CONFIG_INVALID', `${source} is not YAML: ${message.split('\n')[0] ?? ''}`, {
      hint: `correct ${source}`,
    });
  const syntax = document.errors[0];
  if (syntax !== undefined) throw fault(syntax.message);
  try {
    return document.toJS();
  } catch (error) {
    // Aliases are followed only now: one without an anchor, or so many that they would fill the memory.
    throw fault(messageOf(error));
  }
}
