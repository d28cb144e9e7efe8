/** Name of the Vault policy of people who run the data centre. */
export const administratorPolicyName = 'neco-administrator';
