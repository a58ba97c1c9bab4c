/** providerKeyPattern is what can be a provider's key at all; free of libraries, so that the dashboard can use it too. */
export const providerKeyPattern = /^[\w-]{8,128}$/
