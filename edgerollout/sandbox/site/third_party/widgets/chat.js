const bubble = document.createElement("button");
bubble.textContent = "Ask the captain";
bubble.setAttribute("style", "position:fixed;right:1rem;bottom:1rem;padding:.6rem 1rem;border:0;border-radius:2rem;background:#ff5a5f;color:#fff");
bubble.onclick = () => { bubble.textContent = "The captain is steering"; };
document.body.append(bubble);
