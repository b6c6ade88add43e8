"""A page with inline code of every kind, and with what looks like it and is none."""

PAGE = """<!doctype html><html><head><meta charset=utf-8><link rel=icon href='data:,'>
<script>\r\nvar a1 = 1\0</script>
<script type=module>var a2</script>
<script> </script><script></script>
<style></style><style>a3{}</style><style> </style><style type="text/less">a4</style>
<noscript><style>no{}</style></noscript>
<script type="application/ld+json">{"no": 1}</script>
<script type="importmap">{"imports":{}}</script>
<script type="speculationrules">{"prefetch":[]}</script>
<script type=" text/JavaScript ">var a5</script><script type="text/javascript;charset=utf-8">no()</script>
<script language=javascript1.2>var a6</script><script type="">var a7</script>
<script language="">var a8</script>
<script for=window event=onload>var a9</script><script for=x event=y>var a10</script>
<script
 src=>no()</script>
</head><body style='color:red'>
<template><script>no()</script><style>no{}</style></template>
<div><template shadowrootmode=open><script>var a11</script><style>a12{}</style></template></div>
<svg><script>var a13 = 1&lt;1</script><style>a14{}</style><script><![CDATA[ var a15 = 1 ]]></script></svg>
<iframe srcdoc="&lt;script&gt;var a16&lt;/script&gt;&lt;p style=&quot;top:0&quot;&gt;"></iframe>
<textarea><script>no()</script></textarea><!-- <script>no()</script> -->
<table><script>var a17</script><tr style="left:0"></table>
<p style="">e</p><p style=" ">e</p>
<script>"\u00e9\u20ac"; "<script>" </script>
<div onclick="x&amp;&amp;y('\u00e9')" id=clicked></div>
<a id=gone href=" Java\nscript:void('\u00e9%20\"&#34;#?')//a b ">go</a>
<script>document.getElementById('clicked').click(); document.getElementById('gone').click()</script>
""".encode()
