import { Option } from 'clipanion';
import { etcdOptionsSchema, NecoError, type EtcdOptions } from '@neco/core';
import { NecoCommand } from './neco-command.ts';

/** The options of cybozu-go/etcdutil on the command line; each overrides the configuration file. */
export abstract class EtcdCommand extends NecoCommand {
  etcdEndpoints = Option.String('--etcd-endpoints', { description: 'Comma-separated etcd endpoint URLs.' });
  etcdPrefix = Option.String('--etcd-prefix', {
    description: 'Prefix of the etcd keys of neco (default /neco/).',
  });
  etcdTimeout = Option.String('--etcd-timeout', {
    description: 'Timeout of each etcd request (default 2s).',
  });
  etcdUsername = Option.String('--etcd-username', {
    description: 'etcd user name. By default neco authenticates with its client certificate.',
  });
  etcdPassword = Option.String('--etcd-password', {
    description:
      'Password of the etcd user. Other users can see it in the process list; prefer the configuration file.',
  });
  etcdTlsCa = Option.String('--etcd-tls-ca', {
    description: 'File with the CA certificate that signed the etcd server certificates.',
  });
  etcdTlsCert = Option.String('--etcd-tls-cert', { description: 'File with the client certificate.' });
  etcdTlsKey = Option.String('--etcd-tls-key', {
    description: 'File with the private key of the client certificate.',
  });

  /**
   * The etcd options given on the command line, and only those.
   * @throws NecoError USAGE
   */
  protected etcdFlags(): Partial<EtcdOptions> {
    const given = Object.entries({
      endpoints: this.etcdEndpoints?.split(',').map((endpoint) => endpoint.trim()),
      prefix: this.etcdPrefix,
      timeout: this.etcdTimeout,
      username: this.etcdUsername,
      password: this.etcdPassword,
      'tls-ca-file': this.etcdTlsCa,
      'tls-cert-file': this.etcdTlsCert,
      'tls-key-file': this.etcdTlsKey,
    }).filter(([, value]) => value !== undefined);
    const result = etcdOptionsSchema.safeParse(Object.fromEntries(given));
    if (!result.success) throw flagFault(result.error.issues[0]?.path[0], result.error.issues[0]?.message);
    if (result.data.prefix === '') throw emptyPrefix(this.etcdPrefix ?? '');
    const names = given.map(([name]) => name);
    return Object.fromEntries(Object.entries(result.data).filter(([name]) => names.includes(name)));
  }
}

function flagFault(field: PropertyKey | undefined, message = 'is not valid'): NecoError {
  const flag = `--etcd-${String(field).replace(/-file$/, '')}`;
  return new NecoError('USAGE', `${flag}: ${message}`, { hint: `correct the value of ${flag}` });
}

function emptyPrefix(given: string): NecoError {
  return new NecoError('USAGE', `--etcd-prefix ${JSON.stringify(given)} is an empty prefix`, {
    hint: 'give a prefix such as --etcd-prefix /neco/, or omit the option',
  });
}
