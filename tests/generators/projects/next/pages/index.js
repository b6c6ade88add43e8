import { useState } from 'react';
export default function Home() { const [n] = useState(1); return <main><style jsx>{`h1 { color: rgb(9, 9, 9) }`}</style><h1>Harbour {n}</h1></main>; }
