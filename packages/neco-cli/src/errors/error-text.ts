import { styleText } from 'node:util';
import { messageOf, type ErrorDetail, type NecoError } from '@neco/core';
import { printableLines } from '../reporters/printable-lines.ts';

export interface ErrorTextOptions {
  /** One line of JSON instead of text. */
  json: boolean;
  /** Whether to add the chain of causes. */
  verbose: boolean;
}

/** The text that a program writes to standard error for the error that ended it. */
export function errorText(error: NecoError, options: ErrorTextOptions): string {
  return options.json ? jsonText(error, options.verbose) : peopleText(error, options.verbose);
}

function jsonText(error: NecoError, verbose: boolean): string {
  const { code, message, hint, details } = error;
  const document = { code, message, hint, details, ...(verbose ? { causes: causes(error) } : {}) };
  return `${JSON.stringify({ version: 1, error: document })}\n`;
}

function peopleText(error: NecoError, verbose: boolean): string {
  const first = printableLines(`neco: ${error.message} [${error.code}]`);
  const lines: string[] = [];
  // Details that are already part of the message are not repeated.
  const unsaid = error.details.filter((detail) => !error.message.includes(detail.message));
  lines.push(...unsaid.flatMap(detailLines));
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`);
  if (verbose) lines.push(...causes(error).map((cause) => `caused by: ${cause}`));
  const red = styleText('red', first, { stream: process.stderr });
  return `${[red, ...lines.map(printableLines)].join('\n')}\n`;
}

function detailLines(detail: ErrorDetail): string[] {
  return [`  - ${detail.message}`, ...(detail.hint === undefined ? [] : [`    ${detail.hint}`])];
}

function causes(error: Error): string[] {
  const chain: string[] = [];
  for (let cause = error.cause; cause !== undefined && chain.length < 10;) {
    chain.push(cause instanceof Error ? `${cause.name}: ${cause.message}` : messageOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return chain;
}
