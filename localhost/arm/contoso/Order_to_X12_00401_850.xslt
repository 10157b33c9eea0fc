<?xml version="1.0" encoding="utf-8"?>
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:edi="http://schemas.microsoft.com/BizTalk/EDI/X12/2006"
                xmlns:o="http://contoso.example/orders"
                exclude-result-prefixes="o">
  <xsl:template match="/o:Order">
    <edi:X12_00401_850>
      <BEG>
        <BEG01>00</BEG01>
        <BEG02>NE</BEG02>
        <BEG03><xsl:value-of select="o:Number"/></BEG03>
        <BEG05><xsl:value-of select="translate(o:Date, '-', '')"/></BEG05>
      </BEG>
      <xsl:for-each select="o:Line">
        <PO1>
          <PO102><xsl:value-of select="@quantity"/></PO102>
          <PO104><xsl:value-of select="@price"/></PO104>
          <PO107><xsl:value-of select="@item"/></PO107>
        </PO1>
      </xsl:for-each>
    </edi:X12_00401_850>
  </xsl:template>
</xsl:stylesheet>
