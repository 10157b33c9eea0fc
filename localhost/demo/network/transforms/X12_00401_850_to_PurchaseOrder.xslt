<?xml version="1.0" encoding="utf-8"?>
<!-- Orders that Quarrick Drives sends (it mounts Tarnfell couplings) into Tarnfell's planning. -->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:edi="http://schemas.microsoft.com/BizTalk/EDI/X12/2006"
                xmlns="http://schemas.tarnfell.example/canonical/1"
                exclude-result-prefixes="edi">
  <xsl:output method="xml" encoding="utf-8" indent="yes"/>
  <xsl:strip-space elements="*"/>

  <xsl:template match="/edi:X12_00401_850">
    <PurchaseOrder>
      <Number><xsl:value-of select="edi:BEG/BEG03"/></Number>
      <OrderDate>
        <xsl:call-template name="date">
          <xsl:with-param name="ccyymmdd" select="edi:BEG/BEG05"/>
        </xsl:call-template>
      </OrderDate>
      <Purpose>
        <xsl:choose>
          <xsl:when test="edi:BEG/BEG01 = '01'">cancellation</xsl:when>
          <xsl:when test="edi:BEG/BEG01 = '05'">replacement</xsl:when>
          <xsl:otherwise>original</xsl:otherwise>
        </xsl:choose>
      </Purpose>
      <Currency>
        <xsl:choose>
          <xsl:when test="edi:CUR/CUR02"><xsl:value-of select="edi:CUR/CUR02"/></xsl:when>
          <xsl:otherwise>USD</xsl:otherwise>
        </xsl:choose>
      </Currency>
      <xsl:for-each select="edi:REF[REF01 = 'CT'][1]">
        <Contract><xsl:value-of select="REF02"/></Contract>
      </xsl:for-each>
      <xsl:for-each select="edi:DTM[DTM01 = '002'][1]">
        <RequestedDelivery>
          <xsl:call-template name="date">
            <xsl:with-param name="ccyymmdd" select="DTM02"/>
          </xsl:call-template>
        </RequestedDelivery>
      </xsl:for-each>
      <Buyer><xsl:apply-templates select="edi:N1Loop1[edi:N1/N101 = 'BY'][1]"/></Buyer>
      <Seller>
        <xsl:apply-templates select="edi:N1Loop1[edi:N1/N101 = 'SE' or edi:N1/N101 = 'VN'][1]"/>
      </Seller>
      <xsl:if test="edi:N1Loop1[edi:N1/N101 = 'ST']">
        <ShipTo><xsl:apply-templates select="edi:N1Loop1[edi:N1/N101 = 'ST'][1]"/></ShipTo>
      </xsl:if>
      <xsl:apply-templates select="edi:PO1Loop1"/>
    </PurchaseOrder>
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
    <xsl:if test="edi:N3"><Street><xsl:value-of select="edi:N3[1]/N301"/></Street></xsl:if>
    <xsl:for-each select="edi:N4">
      <City><xsl:value-of select="N401"/></City>
      <xsl:if test="N402"><Region><xsl:value-of select="N402"/></Region></xsl:if>
      <xsl:if test="N403"><PostalCode><xsl:value-of select="N403"/></PostalCode></xsl:if>
      <xsl:if test="N404"><Country><xsl:value-of select="N404"/></Country></xsl:if>
    </xsl:for-each>
  </xsl:template>

  <xsl:template match="edi:PO1Loop1">
    <Line number="{number(edi:PO1/PO101)}">
      <BuyerItem><xsl:value-of select="edi:PO1/PO107"/></BuyerItem>
      <xsl:if test="edi:PO1/PO109">
        <SellerItem><xsl:value-of select="edi:PO1/PO109"/></SellerItem>
      </xsl:if>
      <xsl:if test="edi:PIDLoop1">
        <Description>
          <xsl:for-each select="edi:PIDLoop1">
            <xsl:if test="position() &gt; 1"><xsl:text> </xsl:text></xsl:if>
            <xsl:value-of select="edi:PID/PID05"/>
          </xsl:for-each>
        </Description>
      </xsl:if>
      <Quantity unit="{edi:PO1/PO103}"><xsl:value-of select="edi:PO1/PO102"/></Quantity>
      <UnitPrice><xsl:value-of select="edi:PO1/PO104"/></UnitPrice>
    </Line>
  </xsl:template>

  <xsl:template name="date">
    <xsl:param name="ccyymmdd"/>
    <xsl:value-of select="concat(substring($ccyymmdd, 1, 4), '-', substring($ccyymmdd, 5, 2),
                                 '-', substring($ccyymmdd, 7, 2))"/>
  </xsl:template>
</xsl:stylesheet>
