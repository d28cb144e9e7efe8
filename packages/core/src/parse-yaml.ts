import { closest } from 'fastest-levenshtein';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { NecoError, type ErrorDetail } from './neco-error.ts';

/**
 * Reads YAML text against a schema. Every fault is named with its field; an unknown field with the nearest known one.
 * @param source what the text is, for messages: a path.
 * @throws NecoError CONFIG_INVALID with one detail for each fault.
 */
export function parseYaml<T extends z.ZodObject>(schema: T, text: string, source: string): z.infer<T> {
  const document = parseDocument(text, { prettyErrors: true });
  const syntax = document.errors[0];
  if (syntax !== undefined) {
    throw new NecoError('CONFIG_INVALID', `${source} is not YAML: ${syntax.message.split('\n')[0] ?? ''}`);
  }
  const result = schema.safeParse(document.toJS() ?? {});
  if (result.success) return result.data;
  const details = result.error.issues.flatMap((issue) => explain(issue, schema));
  throw new NecoError('CONFIG_INVALID', `${source}: ${details.map((detail) => detail.message).join('; ')}`, {
    details,
    hint: details.find((detail) => detail.hint !== undefined)?.hint ?? `correct ${source}`,
  });
}

function explain(issue: z.core.$ZodIssue, schema: z.ZodObject): ErrorDetail[] {
  const path = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') return [{ message: path === '' ? issue.message : `${path}: ${issue.message}` }];
  const known = knownFields(schema, issue.path);
  return issue.keys.map((key) => {
    const message = `unknown field ${JSON.stringify(path === '' ? key : `${path}.${key}`)}`;
    return known.length === 0 ? { message } : { message, hint: `did you mean ${JSON.stringify(closest(key, known))}?` };
  });
}

function knownFields(schema: z.ZodObject, path: readonly PropertyKey[]): string[] {
  let current: unknown = schema;
  for (const step of path) {
    const object = unwrap(current);
    current = object instanceof z.ZodObject ? object.shape[String(step)] : undefined;
  }
  const object = unwrap(current);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function unwrap(schema: unknown): unknown {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.unwrap()) : schema;
}
