<?xml version="1.0" encoding="utf-8"?>
<!-- Suppliers' invoices into accounts. TDS and SAC carry two implied decimals, IT1 and TXI
     explicit ones: both come out as plain decimals. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:edi="http://schemas.microsoft.com/BizTalk/EDI/X12/2006"
                xmlns="http://schemas.tarnfell.example/canonical/1"
                exclude-result-prefixes="edi">
  <xsl:output method="xml" encoding="utf-8" indent="yes"/>
  <xsl:strip-space elements="*"/>

  <xsl:template match="/edi:X12_00401_810">
    <Invoice>
      <Number><xsl:value-of select="edi:BIG/BIG02"/></Number>
      <Kind>
        <xsl:choose>
          <xsl:when test="edi:BIG/BIG07 = 'CN'">credit</xsl:when>
          <xsl:otherwise>commercial</xsl:otherwise>
        </xsl:choose>
      </Kind>
      <InvoiceDate>
        <xsl:call-template name="date">
          <xsl:with-param name="ccyymmdd" select="edi:BIG/BIG01"/>
        </xsl:call-template>
      </InvoiceDate>
      <Currency>
        <xsl:choose>
          <xsl:when test="edi:CUR/CUR02"><xsl:value-of select="edi:CUR/CUR02"/></xsl:when>
          <xsl:otherwise>USD</xsl:otherwise>
        </xsl:choose>
      </Currency>
      <OrderNumber><xsl:value-of select="edi:BIG/BIG04"/></OrderNumber>
      <Buyer><xsl:apply-templates select="edi:N1Loop1[edi:N1/N101 = 'BY'][1]"/></Buyer>
      <Seller>
        <xsl:apply-templates select="edi:N1Loop1[edi:N1/N101 = 'SE' or edi:N1/N101 = 'RE'][1]"/>
      </Seller>
      <xsl:apply-templates select="edi:IT1Loop1"/>
      <xsl:variable name="charges" select="sum(edi:SACLoop1/edi:SAC/SAC05) div 100"/>
      <xsl:variable name="tax" select="sum(edi:TXI/TXI02)"/>
      <xsl:variable name="total" select="edi:TDS/TDS01 div 100"/>
      <LinesAmount>
        <xsl:value-of select="format-number($total - $charges - $tax, '0.00')"/>
      </LinesAmount>
      <xsl:if test="edi:SACLoop1">
        <ChargesAmount><xsl:value-of select="format-number($charges, '0.00')"/></ChargesAmount>
      </xsl:if>
      <xsl:for-each select="edi:TXI/TXI03">
        <TaxRate><xsl:value-of select="."/></TaxRate>
      </xsl:for-each>
      <TaxAmount><xsl:value-of select="format-number($tax, '0.00')"/></TaxAmount>
      <TotalAmount><xsl:value-of select="format-number($total, '0.00')"/></TotalAmount>
    </Invoice>
  </xsl:template>

  <xsl:template match="edi:N1Loop1">
    <xsl:if test="edi:N1/N104">
      <Id>
        <xsl:attribute name="scheme">
          <xsl:choose>
            <xsl:when test="edi:N1/N103 = 'UL'">GLN</xsl:when>
            <xsl:when test="edi:N1/N103 = '91'">seller</xsl:when>
            <xsl:when test="edi:N1/N103 = '92'">buyer</xsl:when>
            <xsl:otherwise>mutual</xsl:otherwise>
          </xsl:choose>
        </xsl:attribute>
        <xsl:value-of select="edi:N1/N104"/>
      </Id>
    </xsl:if>
    <xsl:if test="edi:N1/N102"><Name><xsl:value-of select="edi:N1/N102"/></Name></xsl:if>
  </xsl:template>

  <xsl:template match="edi:IT1Loop1">
    <Line number="{number(edi:IT1/IT101)}">
      <BuyerItem><xsl:value-of select="edi:IT1/IT107"/></BuyerItem>
      <xsl:if test="edi:IT1/IT109">
        <SellerItem><xsl:value-of select="edi:IT1/IT109"/></SellerItem>
      </xsl:if>
      <xsl:for-each select="edi:PIDLoop1[1]">
        <Description><xsl:value-of select="edi:PID/PID05"/></Description>
      </xsl:for-each>
      <Quantity unit="{edi:IT1/IT103}"><xsl:value-of select="edi:IT1/IT102"/></Quantity>
      <UnitPrice><xsl:value-of select="edi:IT1/IT104"/></UnitPrice>
      <LineAmount>
        <xsl:value-of select="format-number(edi:IT1/IT102 * edi:IT1/IT104, '0.00')"/>
      </LineAmount>
    </Line>
  </xsl:template>

  <xsl:template name="date">
    <xsl:param name="ccyymmdd"/>
    <xsl:value-of select="concat(substring($ccyymmdd, 1, 4), '-', substring($ccyymmdd, 5, 2),
                                 '-', substring($ccyymmdd, 7, 2))"/>
  </xsl:template>
</xsl:stylesheet>
