import { NecoError } from '@neco/core';

const sourcesHint = 'see the sources in /etc/apt/sources.list and /etc/apt/sources.list.d';

const remedies: readonly { pattern: RegExp; hint: string }[] = [
  {
    pattern:
      /GPG error|OpenPGP signature|not signed|NO_PUBKEY|BADSIG|EXPKEYSIG|REVKEYSIG|signatures? (were|couldn't)|Clearsigned file isn't valid|insecure repositor/i,
    hint: `${sourcesHint} for the key named in "signed-by"; until the signature is good, nothing from there is installed`,
  },
  {
    pattern: /Unable to locate package|Depends: |no installation candidate|was not found/i,
    hint: `${sourcesHint}: one of them must have the package and all that it depends on`,
  },
  {
    pattern: /No space left|don't have enough free space/i,
    hint: 'make room under /var and /usr and run the command again',
  },
  {
    pattern: /Could not get lock|Unable to acquire/i,
    hint: 'wait until the other package manager has ended, or see what holds it up',
  },
  {
    pattern:
      /Failed to fetch|Could not resolve|Could not connect|Connection|timed out|does not have a Release file/i,
    hint: `${sourcesHint} and that this host reaches them`,
  },
  {
    pattern: /Hash Sum mismatch|unexpected size/i,
    hint: 'the source is damaged or being changed: try again, then see to the source',
  },
  {
    pattern: /dpkg|post-installation|pre-installation/i,
    hint: 'read /var/log/apt/term.log, fix the cause and run the command again',
  },
];

/** What apt complained of: its error and warning lines, once each, the summaries that say nothing new left out. */
function complaints(output: string): string[] {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => /^(E|W|Err|dpkg: error[^:]*|\S+ : (Pre-)?Depends):/.test(line))
    .filter(
      (line) =>
        !/Some index files failed to download|Sub-process \S*dpkg returned an error|you have held broken packages|unsandboxed as root/.test(
          line,
        ),
    )
    .map((line) =>
      line.replace(/^[EW]: /, '').replace(/^An error occurred during the signature .*? will be used\. /, ''),
    );
  return [...new Set(lines)];
}

/** A failure of apt or dpkg: the first complaint in the message, all of them as details, and what to do. */
export function packageError(what: string, output: string, retryable = false): NecoError {
  const lines = complaints(output);
  const found = lines.find((line) => remedies.some(({ pattern }) => pattern.test(line)));
  const worst = found ?? lines[0] ?? output.trim().split('\n').at(-1) ?? '';
  return new NecoError('PACKAGE_FAILED', `${what}: ${worst === '' ? 'apt gave no reason' : worst}`, {
    hint:
      remedies.find(({ pattern }) => pattern.test(worst))?.hint ??
      'see /var/log/apt/term.log and what "apt-get check" says',
    details: lines.length > 1 ? lines.map((message) => ({ message })) : [],
    retryable,
  });
}
