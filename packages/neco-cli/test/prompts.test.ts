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

  it('asks for the values that site init was not given', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'neco-cli-'));
    try {
      const path = join(folder, 'site.yml');
      const { status, screen } = await runOnTerminal(
        [main, 'site', 'init', '--file', path, '--cluster', 'tokyo'],
        [
          ['LRN of this server', '07\r'],
          ['whole number from 0', '\u007F\u007F3\r'],
          ['IPv4 address of LRN 0', '10.0.0.1\r'],
        ],
      );
      expect(screen).to.include(`wrote ${path}`);
      expect(status).to.equal(0);
      expect(await readFile(path, 'utf8'))
        .to.include('lrn: 3')
        .and.to.include('first: 10.0.0.1');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('names the options that replace a prompt when it is stopped by Ctrl-C', async () => {
    const { status, screen } = await runOnTerminal(
      [main, 'site', 'init', '--file', '/nowhere/site.yml', '--cluster', 'tokyo'],
      [['LRN of this server', '\u0003']],
    );
    expect(screen).to.include('[CANCELLED]').and.to.include('--lrn LRN');
    expect(status).to.equal(1);
  });

  it('asks for the administrator and twice for the password, without showing it', async () => {
    const { screen } = await runOnTerminal(
      [asker, 'administrator'],
      [
        ['Name of the first Vault administrator', 'chief\r'],
        ['New password of chief', 'short\r'],
        // Rejected text is cleared: what is typed next is the whole answer.
        ['needs at least 12', ''],
        ['New password of chief', `${'\u20ac'.repeat(25)}\r`],
        ['has 75 bytes; Vault takes at most 72', ''],
        ['New password of chief', 'long enough now\r'],
        ['Repeat the password', 'long enough now\r'],
      ],
    );
    expect(screen).to.include('got chief 15');
    expect(screen).not.to.include('long enough').and.not.to.include('short');
  });

  it('asks again for both passwords if they differ, because the first may be the mistyped one', async () => {
    const { screen } = await runOnTerminal(
      [asker, 'administrator'],
      [
        ['Name of the first Vault administrator', 'chief\r'],
        ['New password of chief', 'lomg enough now\r'],
        ['Repeat the password', 'long enough, now\r'],
        ['do not match', ''],
        ['New password of chief', 'long enough, now\r'],
        ['Repeat the password', 'long enough, now\r'],
      ],
    );
    expect(screen).to.include('got chief 16');
    expect(screen).not.to.include('enough');
  });

  it('asks for the password alone after a refused log-in, three times at most, without showing it', async () => {
    const { screen } = await runOnTerminal(
      [asker, 'vaultUser'],
      [
        ['Vault operator name', 'op\r'],
        ['Password of op', 'first try\r'],
        ['Vault rejects the log-in (check the password)', ''],
        ['Password of op', 'second try\r'],
        ['Vault rejects the log-in (check the password)', ''],
        ['Password of op', 'the third\r'],
      ],
    );
    expect(screen)
      .to.include('got asked 3 times')
      .and.to.include('answer op 10')
      .and.to.include('answer op 9');
    expect(screen.slice(screen.indexOf('Vault rejects'))).not.to.include('operator name');
    expect(screen.split('Vault rejects the log-in')).to.have.length(3);
    expect(screen).not.to.include('try').and.not.to.include('third');
  });

  it('asks for another name after a refused log-in if the password is left empty', async () => {
    const { screen } = await runOnTerminal(
      [asker, 'vaultUser'],
      [
        ['Vault operator name', 'po\r'],
        ['Password of po', 'first try\r'],
        ['Password of po (leave empty to change the name)', '\r'],
        ['Vault operator name', 'op\r'],
        ['Password of op', 'second try\r'],
        ['Password of op (leave empty to change the name)', 'the third\r'],
      ],
    );
    expect(screen).to.include('answer po 9').and.to.include('answer op 10').and.to.include('answer op 9');
  });

  it('never asks for the name that --vault-user gave', async () => {
    const { screen } = await runOnTerminal(
      [asker, 'vaultUser', 'op'],
      [
        ['Password of op', 'first try\r'],
        ['Vault rejects the log-in', ''],
        ['Password of op', '\r'],
        ['the password is empty', ''],
        ['Password of op', 'second try\r'],
        ['Vault rejects the log-in', ''],
        ['Password of op', 'the third\r'],
      ],
    );
    expect(screen).to.include('got asked 3 times').and.not.include('Vault operator name');
  });

  it('generates the setup secret on the coordinator and says what to do on the others', async () => {
    const { screen } = await runOnTerminal([asker, 'coordinator'], [['Generate a new setup secret', '\r']]);
    const shown = /^ {4}(neco1-[0-9a-z]{30})/m.exec(screen)?.[1];
    expect(screen).to.include(`got ${shown ?? 'one'}`);
    expect(screen).to.include('Run on each of the other boot servers: neco setup 0 1 2');
  });

  it('clears a rejected setup secret before it is typed again, and shows neither', async () => {
    const { screen: made } = await runOnTerminal(
      [asker, 'coordinator'],
      [['Generate a new setup secret', '\r']],
    );
    const secret = /got (neco1-[0-9a-z]{30})/.exec(made)?.[1] ?? '';
    const { screen } = await runOnTerminal(
      [asker, 'follower'],
      [
        ['Setup secret', 'neco1-nonsense\r'],
        ['not a setup secret', ''],
        ['Setup secret', `${secret}\r`],
      ],
    );
    expect(screen).to.include(`got ${secret}`);
    expect(screen.split(secret)).to.have.length(2);
    expect(screen).not.to.include('nonsense');
  });
});
