import type { Definition } from 'clipanion';
import { messageOf, NecoError, parseLrn, suggestion } from '@neco/core';
import { commandWords } from '../command-words.ts';
import { optionsOf, type KnownOption } from '../known-options.ts';

/**
 * Explains why clipanion could not parse a command line: the word, the rule, and the nearest known word.
 * @throws NecoError LRN_INVALID for a negative number in place of an LRN
 */
export function usageError(
  thrown: unknown,
  argv: readonly string[],
  definitions: readonly Definition[],
): NecoError {
  const words = commandWords(argv);
  const definition = definitions.find(({ path }) =>
    path
      .split(' ')
      .slice(1)
      .every((word, index) => words[index] === word),
  );
  if (definition === undefined) return unknownCommand(words, definitions);
  const end = argv.indexOf('--');
  const options = (end === -1 ? argv : argv.slice(0, end)).filter((word) => word.startsWith('-'));
  if (definition.usage.endsWith('...')) options.filter((word) => /^-[0-9]/.test(word)).forEach(parseLrn);
  const known = optionsOf(definition);
  for (const option of options) {
    const fault =
      optionFault(option, known, definition.path) ?? valueFault(option, argv, known, definition.path);
    if (fault !== undefined) return fault;
  }
  return otherFault(messageOf(thrown), definition.path);
}

function unknownCommand(words: readonly string[], definitions: readonly Definition[]): NecoError {
  const paths = definitions.map(({ path }) => path.split(' ').slice(1).join(' '));
  const given = words.join(' ');
  const within = paths.filter((path) => path.startsWith(`${words[0] ?? ''} `));
  if (given === '')
    return new NecoError('USAGE', 'no command given', { hint: 'to list the commands: neco --help' });
  if (within.length > 0) {
    const hint = `use one of: ${within.map((path) => `neco ${path}`).join(', ')}`;
    return new NecoError('USAGE', `"neco ${given}" is not a command`, { hint });
  }
  const firstWords = paths.map((path) => path.split(' ')[0] ?? path);
  const near = suggestion(given, paths) ?? suggestion(words[0] ?? '', firstWords);
  return new NecoError('USAGE', `unknown command ${JSON.stringify(words[0])}`, {
    hint: didYouMean(near === undefined ? undefined : `neco ${near}`, 'to list the commands: neco --help'),
  });
}

function optionFault(word: string, known: readonly KnownOption[], path: string): NecoError | undefined {
  const name = word.split('=')[0] ?? '';
  const option = known.find(({ names }) => names.includes(name));
  if (option === undefined) {
    const names = known.flatMap((each) => each.names);
    return new NecoError('USAGE', `unknown option ${JSON.stringify(name)} of ${path}`, {
      hint: didYouMean(suggestion(name, names), `to list the options: ${path} --help`),
    });
  }
  if (word.includes('=') && !option.takesValue) {
    return new NecoError('USAGE', `${name} does not take a value: ${JSON.stringify(word)}`, {
      hint: `use ${name} alone`,
    });
  }
  return undefined;
}

function didYouMean(near: string | undefined, otherwise: string): string {
  if (near === undefined) return otherwise;
  return `did you mean "${near}"? ${otherwise.charAt(0).toUpperCase()}${otherwise.slice(1)}`;
}

/** The error for an option that needs a value and has none, because it is last or another option follows. */
function valueFault(
  word: string,
  argv: readonly string[],
  known: readonly KnownOption[],
  path: string,
): NecoError | undefined {
  const next = argv[argv.indexOf(word) + 1];
  const lacks = known.some(({ names, takesValue }) => takesValue && names.includes(word));
  if (!lacks || (next !== undefined && !/^-./.test(next))) return undefined;
  return new NecoError('USAGE', `${word} needs a value`, { hint: `to see its values: ${path} --help` });
}

function otherFault(message: string, path: string): NecoError {
  const text = (message.split('\n')[0] ?? message).replace(/\.$/, '');
  const extra = /^Extraneous positional argument \((.+)\)$/.exec(text)?.[1];
  const hint = `to see the usage: ${path} --help`;
  if (extra !== undefined)
    return new NecoError('USAGE', `unexpected argument ${extra} for ${path}`, { hint });
  return new NecoError('USAGE', `${path}: ${text.charAt(0).toLowerCase()}${text.slice(1)}`, { hint });
}
