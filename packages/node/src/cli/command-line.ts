/** How this program is started here, and on which data. */
export interface Calling {
  /** Such as `npx borgios`. */
  readonly program: string
  /** What `--data` said, absolute; undefined when it was not given. */
  readonly givenData: string | undefined
}

/** A command to paste into the shell, for the same data folder unless it names one. */
export function commandLine({ program, givenData }: Calling, words: string): string {
  const isComplete = givenData === undefined || /(^| )--data( |$)/.test(words)
  return isComplete ? `${program} ${words}` : `${program} ${words} --data ${quoteWord(givenData)}`
}

/** A command for another machine, where another folder is the usual one. */
export const commandLineElsewhere = ({ program }: Calling, words: string): string =>
  commandLine({ program, givenData: undefined }, words)

/** Who is told of an invitation does not make it: a founder does, on another machine. */
const FOUNDERS = /^net invite /

/** Messages name commands as "borgios net tree": the same text with commands that can be pasted. */
export const withCommandLines = (text: string, calling: Calling): string =>
  text.replace(
    /"borgios ([^"]+)"/g,
    (_, words: string) => `"${(FOUNDERS.test(words) ? commandLineElsewhere : commandLine)(calling, words)}"`,
  )

/** A text as one word of a POSIX shell. */
export const quoteWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
