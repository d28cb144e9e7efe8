import * as z from 'zod';
import type { ErrorDetail } from './neco-error.ts';
import { suggestion } from './suggestion.ts';

/** Fields whose values are never printed. */
const secretField = /password|secret|token|key|cert/i;

const kinds: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

/** Describes what a schema found wrong: the path of the field, the rule, and the actual value. */
export function explainIssue(issue: z.core.$ZodIssue, schema: z.ZodObject): ErrorDetail[] {
  const path = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') return unknownFields(issue, schema, path);
  if (issue.code === 'invalid_key')
    return [{ message: `${path}: ${issue.issues[0]?.message ?? 'is not a valid name'}` }];
  const rule = ruleOf(issue);
  const missing = issue.input === undefined || issue.input === null;
  const message = missing || secretField.test(path) ? rule : `${rule}, not ${shown(issue.input)}`;
  return [{ message: path === '' ? message : `${path}: ${message}` }];
}

function ruleOf(issue: z.core.$ZodIssue): string {
  if (issue.input === undefined) return 'is missing';
  if (issue.input === null) return 'has no value';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array') return 'must not be empty';
      return `must be at least ${String(issue.minimum)}`;
    case 'too_big':
      return `must be at most ${String(issue.maximum)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    default:
      return issue.message;
  }
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function unknownFields(
  issue: z.core.$ZodIssueUnrecognizedKeys,
  schema: z.ZodObject,
  path: string,
): ErrorDetail[] {
  const known = knownFields(schema, issue.path);
  return issue.keys.map((key) => {
    const message = `unknown field ${JSON.stringify(path === '' ? key : `${path}.${key}`)}`;
    const near = suggestion(key, known);
    if (near !== undefined) return { message, hint: `did you mean ${JSON.stringify(near)}?` };
    return known.length === 0 ? { message } : { message, hint: `use one of ${known.join(', ')}` };
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
  const wrapped =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return wrapped ? unwrap(schema.unwrap()) : schema;
}
