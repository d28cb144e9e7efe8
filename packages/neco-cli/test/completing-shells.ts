import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { runNeco } from './run-neco.ts';

const run = promisify(execFile);

/** What a shell offers for each line whose last word is being typed. */
export type CompletingShell = (lines: readonly string[]) => Promise<string[][]>;

/** Its own completion function, called as readline calls it. */
const bash: CompletingShell = async (lines) => {
  const { stdout: script } = await runNeco(['completion', 'bash']);
  const asks = lines.map((line) => {
    const words = line.split(' ').map((word) => `'${word}'`);
    return `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${String(words.length - 1)}; _neco; echo "\${COMPREPLY[@]}"`;
  });
  const { stdout } = await run('bash', ['--norc', '-c', [script, ...asks].join('\n')]);
  return stdout.trimEnd().split('\n').map(wordsOf);
};

/** `complete -C` says what would be offered, each with its description behind a tab. */
const fish: CompletingShell = async (lines) => {
  const { stdout: script } = await runNeco(['completion', 'fish']);
  const asks = lines.map((line) => `complete -C '${line}'; echo ----`);
  const { stdout } = await run('fish', ['--no-config', '-c', [script, ...asks].join('\n')]);
  const answers = stdout.split('----\n').slice(0, -1);
  return answers.map((answer) =>
    answer
      .trim()
      .split('\n')
      .map((line) => line.split('\t')[0] ?? ''),
  );
};

/** zsh completes on a terminal alone: it gets one, the lines are typed, and Ctrl-D asks for the list. */
const zsh: CompletingShell = async (lines) => {
  const directory = await mkdtemp(join(tmpdir(), 'neco-zsh-'));
  try {
    const { stdout: script } = await runNeco(['completion', 'zsh']);
    await writeFile(join(directory, '_neco'), script);
    await writeFile(join(directory, '.zshrc'), zshConfiguration(directory));
    return await typedInZsh(directory, lines);
  } finally {
    await rm(directory, { recursive: true });
  }
};

export const completingShells = { bash, zsh, fish } as const;

const prompt = 'ready> ';

function zshConfiguration(directory: string): string {
  return [
    `PROMPT='${prompt}' PROMPT_SP='' LISTMAX=10000`,
    // Its escape sequences would stand between the prompt and what is typed.
    'unset zle_bracketed_paste; unsetopt beep prompt_sp; stty rows 100 cols 200',
    `fpath=('${directory}' $fpath); autoload -Uz compinit; compinit -u -D`,
    "zstyle ':completion:*' verbose no; bindkey '^D' list-choices",
    '',
  ].join('\n');
}

async function typedInZsh(directory: string, lines: readonly string[]): Promise<string[][]> {
  const environment = { ...process.env, ZDOTDIR: directory, TERM: 'dumb' };
  const shell = spawn('script', ['-qefc', 'zsh -d -i', '/dev/null'], { env: environment });
  let over = false;
  const ended = new Promise<void>((resolve) => {
    shell.once('close', () => {
      over = true;
      resolve();
    });
  });
  let screen = '';
  let wake = Promise.withResolvers<undefined>();
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    screen += stripVTControlCharacters(text).replaceAll('\r', '');
    wake.resolve(undefined);
  });
  /** What came since the last call, up to this text. */
  const until = async (text: string): Promise<string> => {
    while (!screen.includes(text)) {
      if (over) throw new Error(`zsh ended before it showed "${text}": ${screen}`);
      wake = Promise.withResolvers();
      await Promise.race([wake.promise, ended]);
    }
    const end = screen.indexOf(text) + text.length;
    const found = screen.slice(0, end);
    screen = screen.slice(end);
    return found;
  };
  try {
    const answers: string[][] = [];
    for (const line of lines) {
      await until(prompt);
      shell.stdin.write(line);
      await until(line);
      shell.stdin.write('\u0004');
      const list = await until(`${prompt}${line}`);
      answers.push(wordsOf(list.slice(0, -(prompt.length + line.length))));
      // Ctrl-U and Return: a Ctrl-C that comes while the list is still being shown brings no new prompt.
      shell.stdin.write('\u0015\r');
    }
    return answers;
  } finally {
    shell.kill('SIGKILL');
    await ended;
  }
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
