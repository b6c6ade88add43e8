import React from 'react'; export default () => <h1>Harbour</h1>;
