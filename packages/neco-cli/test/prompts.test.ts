import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { runOnTerminal } from './terminal.ts';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const asker = fileURLToPath(new URL('fixtures/ask-program.ts', import.meta.url));

describe('neco on a terminal', function () {
  this.timeout(30_000);

  it('asks for what site init was not given', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'neco-cli-'));
    try {
      const path = join(folder, 'site.yml');
      const { status, screen } = await runOnTerminal(
        [main, 'site', 'init', '--file', path, '--cluster', 'tokyo'],
        [
          ['LRN of this server', '07\r'],
          ['leading zero', '\u007F\u007F3\r'],
          ['IPv4 address of LRN 0', '10.0.0.1\r'],
        ],
      );
      expect(screen).to.include('is written');
      expect(status).to.equal(0);
      expect(await readFile(path, 'utf8'))
        .to.include('lrn: 3')
        .and.to.include('first: 10.0.0.1');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('says how to go on when a question is answered by Ctrl-C', async () => {
    const { status, screen } = await runOnTerminal(
      [main, 'site', 'init', '--file', '/nowhere/site.yml', '--cluster', 'tokyo'],
      [['LRN of this server', '\u0003']],
    );
    expect(screen).to.include('[CANCELLED]').and.to.include('--lrn LRN');
    expect(status).to.equal(1);
  });

  it('asks for the administrator, twice for the password, and shows none of it', async () => {
    const { screen } = await runOnTerminal(
      [asker, 'administrator'],
      [
        ['Name of the first administrator', 'chief\r'],
        ['Password of chief', 'short\r'],
        ['at least 12', `${'\u007F'.repeat(5)}long enough now\r`],
        ['The same again', 'something else\r'],
        ['not the same', `${'\u007F'.repeat(14)}long enough now\r`],
      ],
    );
    expect(screen).to.include('got chief 15');
    expect(screen).not.to.include('long enough').and.not.to.include('short');
  });

  it('asks for a user of Vault three times at most, says why, and shows no password', async () => {
    const { screen } = await runOnTerminal(
      [asker, 'vaultUser'],
      [
        ['Name of an operator of Vault', 'op\r'],
        ['Password of op', 'first try\r'],
        ['Name of an operator of Vault', 'other\r'],
        ['Password of other', 'second try\r'],
        ['Name of an operator of Vault', 'op\r'],
        ['Password of op', 'the third\r'],
      ],
    );
    expect(screen).to.include('got asked 3 times').and.to.include('given op 9');
    expect(screen.split('Vault refuses it (look at the password)')).to.have.length(3);
    expect(screen).not.to.include('try').and.not.to.include('third');
  });

  it('makes the setup secret on the leader and says what to do on the others', async () => {
    const { screen } = await runOnTerminal([asker, 'leader'], [['Make a new setup secret', '\r']]);
    const shown = /^ {4}(neco1-[0-9a-z]{30})/m.exec(screen)?.[1];
    expect(screen).to.include(`got ${shown ?? 'one'}`);
    expect(screen).to.include('Run on each of the other boot servers: neco setup 0 1 2');
  });

  it('takes a typed setup secret, hidden, and only a right one', async () => {
    const { screen: made } = await runOnTerminal([asker, 'leader'], [['Make a new setup secret', '\r']]);
    const secret = /got (neco1-[0-9a-z]{30})/.exec(made)?.[1] ?? '';
    const { screen } = await runOnTerminal(
      [asker, 'follower'],
      [
        ['Setup secret', 'neco1-nonsense\r'],
        ['not a setup secret', `${'\u007F'.repeat(14)}${secret}\r`],
      ],
    );
    expect(screen).to.include(`got ${secret}`);
    expect(screen.split(secret)).to.have.length(2);
    expect(screen).not.to.include('nonsense');
  });
});
