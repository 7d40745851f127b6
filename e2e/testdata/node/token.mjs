// A later step that uses Google's library for Node: it prints a token that it gets with Application Default Credentials.
import { GoogleAuth } from 'google-auth-library';

const auth = new GoogleAuth({ scopes: 'https://www.googleapis.com/auth/cloud-platform' });
console.log(await auth.getAccessToken());
