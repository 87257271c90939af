/** The credentials of a platform that is signed in to as an API client or as a user. */
export interface ApiCredentials {
  clientId?: string;
  clientSecret?: string;
  username?: string;
  password?: string;
}

/** The credentials as a client takes them: blank if missing, and without the spaces that are often pasted along. */
export function trimCredentials({
  clientId = "",
  clientSecret = "",
  username = "",
  password = "",
}: ApiCredentials): Required<ApiCredentials> {
  // A password may begin or end with a space.
  return { clientId: clientId.trim(), clientSecret: clientSecret.trim(), username: username.trim(), password };
}
