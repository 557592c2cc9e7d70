/** More members of one archive are not shown: some hundred bytes of memory each, and nobody looks through as many. */
export const mostMembers = 2 ** 18;
