import type { Definition } from 'clipanion';

export interface KnownOption {
  /** All of its spellings, such as `-h` and `--help`. */
  names: string[];
  takesValue: boolean;
  description: string;
}

const everywhere: KnownOption[] = [
  { names: ['-h', '--help'], takesValue: false, description: 'Show this help.' },
  { names: ['--version'], takesValue: false, description: 'Show the version of neco.' },
];

/** The options of a command, from clipanion's definition of it, followed by those that every command has. */
export function optionsOf(definition: Definition): KnownOption[] {
  const own = definition.options.map(({ definition: text, description = '' }) => ({
    names: text.replace(/ #.*$/, '').split(','),
    takesValue: text.includes(' #'),
    description: description.trim(),
  }));
  return [...own, ...everywhere];
}
