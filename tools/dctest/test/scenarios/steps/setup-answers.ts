import type { Answer } from './terminal.ts';

/** What a person types while `neco setup` runs on a terminal of each server. */
export interface SetupAnswers {
  /** On the coordinator, which makes the setup secret. */
  readonly asCoordinator: Answer[];
  /** On the others, once the coordinator has shown the secret. */
  readonly asOther: Answer[];
  /** The setup secret, once the coordinator has shown it. */
  readonly secret: Promise<string>;
}

/** Takes the name of the first administrator that is offered, and has a new setup secret made. */
export function setupAnswers({ name, password }: { name: string; password: string }): SetupAnswers {
  const { promise: secret, resolve } = Promise.withResolvers<string>();
  return {
    asCoordinator: [
      ['Name of the first Vault administrator', '\r'],
      [`New password of ${name}`, `${password}\r`],
      ['Repeat the password', `${password}\r`],
      ['Generate a new setup secret', '\r'],
      [
        'and type the secret when asked',
        (screen) => {
          resolve(/neco1-[0-9a-z]{30}/.exec(screen)?.[0] ?? 'none');
          return '';
        },
      ],
    ],
    asOther: [['Setup secret', async () => `${await secret}\r`]],
    secret,
  };
}
