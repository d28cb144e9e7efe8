import type { Definition } from 'clipanion';

export interface KnownOption {
  /** All of its spellings, such as `-h` and `--help`. */
  names: string[];
  takesValue: boolean;
  description: string;
}

const everywhere: KnownOption[] = [
  { names: ['-h', '--help'], takesValue: false, description: 'Say how the command is called.' },
  { names: ['--version'], takesValue: false, description: 'Say which version of neco this is.' },
];

/** The options that a command knows, from clipanion's own definition of it, and those that every command has. */
export function optionsOf(definition: Definition): KnownOption[] {
  const own = definition.options.map(({ definition: text, description = '' }) => ({
    names: text.replace(/ #.*$/, '').split(','),
    takesValue: text.includes(' #'),
    description: description.trim(),
  }));
  return [...own, ...everywhere];
}
