const wellFormed = /^[\x21-\x3b\x3d\x3f-\x7e]{1,248}$/;

/**
 * Whether a text may go to a server as a message-id: 1 to 248 printable ASCII characters without angle brackets
 * (RFC 3977, section 3.6), given without the enclosing brackets. An NZB must not be able to inject commands.
 */
export function isMessageId(text: string): boolean {
  return wellFormed.test(text);
}
