/**
 * Phrases that nobody says at a desk, each with what to write instead (STYLE.md, "How our words read"). A test looks for
 * them in all that users and developers read: sources, READMEs, the texts of the packages.
 */
export const bannedPhrases: readonly { phrase: RegExp; instead: string }[] = [
  { phrase: /\banew\b/i, instead: 'again' },
  { phrase: /\bmend(?:s|ed|ing)?\b/i, instead: 'fix, repair' },
  { phrase: /\bto be had\b/i, instead: 'available' },
  { phrase: /\bcomes? to (?:its|their) end\b/i, instead: 'finish, end' },
  { phrase: /\bin strange hands\b/i, instead: 'compromised' },
  { phrase: /\b(?:is|are) told\b/i, instead: 'learns, reports' },
  { phrase: /\bnobody(?:'s|’s)\b/i, instead: 'unowned' },
  { phrase: /\bno way in\b/i, instead: 'is not used to connect' },
  { phrase: /\btakes? no liking\b/i, instead: 'rejects' },
  { phrase: /\bholds on\b/i, instead: 'stays in force' },
  { phrase: /\bgo(?:es)? on with\b/i, instead: 'resume, continue with' },
  { phrase: /\btakes? away\b/i, instead: 'remove' },
  { phrase: /\btakes? up\b/i, instead: 'pick up' },
  { phrase: /\btells? of\b/i, instead: 'report' },
  { phrase: /\bissuing role\b/i, instead: 'signing role' },
];
